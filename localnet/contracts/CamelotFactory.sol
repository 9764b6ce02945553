// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { CamelotPair } from "./CamelotPair.sol";

/// @title CamelotFactory
/// @notice Twin of the factory of Camelot V2.
/// @dev Reproduces: the creation of pairs by CREATE2 with the salt of the original, the look-ups, the owners of fees and of
/// curves, the shares of the fees for the owner and for referrers, every check, string and event.
contract CamelotFactory {
    uint256 public constant OWNER_FEE_SHARE_MAX = 100000;
    uint256 public constant REFERER_FEE_SHARE_MAX = 20000;

    address public owner;
    address public feePercentOwner;
    address public setStableOwner;
    address public feeTo;
    /// @notice In 1/100000 of the fee.
    uint256 public ownerFeeShare = 50000;
    /// @notice In 1/100000 of the fee.
    mapping(address referrer => uint256 share) public referrersFeeShare;

    mapping(address tokenA => mapping(address tokenB => address pair)) public getPair;
    address[] public allPairs;

    event FeeToTransferred(address indexed prevFeeTo, address indexed newFeeTo);
    event PairCreated(address indexed token0, address indexed token1, address pair, uint256 length);
    event OwnerFeeShareUpdated(uint256 prevOwnerFeeShare, uint256 ownerFeeShare);
    event OwnershipTransferred(address indexed prevOwner, address indexed newOwner);
    event FeePercentOwnershipTransferred(address indexed prevOwner, address indexed newOwner);
    event SetStableOwnershipTransferred(address indexed prevOwner, address indexed newOwner);
    event ReferrerFeeShareUpdated(address referrer, uint256 prevReferrerFeeShare, uint256 referrerFeeShare);

    modifier onlyOwner() {
        require(owner == msg.sender, "CamelotFactory: caller is not the owner");
        _;
    }

    constructor(address feeTo_) {
        owner = msg.sender;
        feePercentOwner = msg.sender;
        setStableOwner = msg.sender;
        feeTo = feeTo_;
        emit OwnershipTransferred(address(0), msg.sender);
        emit FeePercentOwnershipTransferred(address(0), msg.sender);
        emit SetStableOwnershipTransferred(address(0), msg.sender);
        emit FeeToTransferred(address(0), feeTo_);
    }

    function createPair(address tokenA, address tokenB) external returns (address pair) {
        require(tokenA != tokenB, "CamelotFactory: IDENTICAL_ADDRESSES");
        (address token0, address token1) = tokenA < tokenB ? (tokenA, tokenB) : (tokenB, tokenA);
        require(token0 != address(0), "CamelotFactory: ZERO_ADDRESS");
        require(getPair[token0][token1] == address(0), "CamelotFactory: PAIR_EXISTS");
        pair = address(new CamelotPair{ salt: keccak256(abi.encodePacked(token0, token1)) }());
        CamelotPair(pair).initialize(token0, token1);
        getPair[token0][token1] = pair;
        getPair[token1][token0] = pair;
        allPairs.push(pair);
        emit PairCreated(token0, token1, pair, allPairs.length);
    }

    function setOwner(address newOwner) external onlyOwner {
        require(newOwner != address(0), "CamelotFactory: zero address");
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }

    function setFeePercentOwner(address newOwner) external onlyOwner {
        require(newOwner != address(0), "CamelotFactory: zero address");
        emit FeePercentOwnershipTransferred(feePercentOwner, newOwner);
        feePercentOwner = newOwner;
    }

    function setSetStableOwner(address newOwner) external {
        require(msg.sender == setStableOwner, "CamelotFactory: not setStableOwner");
        require(newOwner != address(0), "CamelotFactory: zero address");
        emit SetStableOwnershipTransferred(setStableOwner, newOwner);
        setStableOwner = newOwner;
    }

    function setFeeTo(address newFeeTo) external onlyOwner {
        emit FeeToTransferred(feeTo, newFeeTo);
        feeTo = newFeeTo;
    }

    function setOwnerFeeShare(uint256 share) external onlyOwner {
        require(share > 0, "CamelotFactory: ownerFeeShare mustn't exceed minimum");
        require(share <= OWNER_FEE_SHARE_MAX, "CamelotFactory: ownerFeeShare mustn't exceed maximum");
        emit OwnerFeeShareUpdated(ownerFeeShare, share);
        ownerFeeShare = share;
    }

    function setReferrerFeeShare(address referrer, uint256 share) external onlyOwner {
        require(referrer != address(0), "CamelotFactory: zero address");
        require(share <= REFERER_FEE_SHARE_MAX, "CamelotFactory: referrerFeeShare mustn't exceed maximum");
        emit ReferrerFeeShareUpdated(referrer, referrersFeeShare[referrer], share);
        referrersFeeShare[referrer] = share;
    }

    function allPairsLength() external view returns (uint256) {
        return allPairs.length;
    }

    /// @notice Returns the owner's share of the fees, in 1/100000, and who receives it: nobody where that is zero.
    function feeInfo() external view returns (uint256, address) {
        return (ownerFeeShare, feeTo);
    }
}
