// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { VelodromeV2Pool } from "./VelodromeV2Pool.sol";

/// @title VelodromeV2Factory
/// @notice Twin of the pool factory of Velodrome V2 and Aerodrome.
/// @dev Reproduces: pools as clones of one implementation by CREATE2 with the salt of the original, the look-ups, the default
/// fees, the fee of one pool with its indicator of zero, the fee manager, the pauser, the checks, errors and events of these.
/// Leaves out: the pool admin, the look-ups and the creation by a fee of 0 or 1.
contract VelodromeV2Factory {
    /// @notice The highest fee that can be set, in 1/10000 (3%).
    uint256 public constant MAX_FEE = 300;
    /// @notice What stands for a fee of zero: zero stands for the default.
    uint256 public constant ZERO_FEE_INDICATOR = 420;

    address public immutable implementation;

    bool public isPaused;
    address public pauser;
    address public feeManager;
    /// @notice The default fees, in 1/10000.
    uint256 public stableFee = 5;
    uint256 public volatileFee = 30;
    mapping(address pool => uint256 fee) public customFee;

    mapping(address tokenA => mapping(address tokenB => mapping(bool stable => address pool))) public getPool;
    mapping(address pool => bool known) public isPool;
    address[] public allPools;

    event SetFeeManager(address indexed feeManager);
    event SetPauser(address indexed pauser);
    event SetPauseState(bool indexed state);
    event SetCustomFee(address indexed pool, uint256 fee);
    event PoolCreated(address indexed token0, address indexed token1, bool indexed stable, address pool, uint256);

    error FeeTooHigh();
    error InvalidPool();
    error NotFeeManager();
    error NotPauser();
    error PoolAlreadyExists();
    error SameAddress();
    error ZeroAddress();
    error ZeroFee();

    constructor(address implementation_) {
        implementation = implementation_;
        pauser = msg.sender;
        feeManager = msg.sender;
    }

    function createPool(address tokenA, address tokenB, bool stable) external returns (address pool) {
        if (tokenA == tokenB) revert SameAddress();
        (address token0, address token1) = tokenA < tokenB ? (tokenA, tokenB) : (tokenB, tokenA);
        if (token0 == address(0)) revert ZeroAddress();
        if (getPool[token0][token1][stable] != address(0)) revert PoolAlreadyExists();
        pool = Clones.cloneDeterministic(implementation, keccak256(abi.encodePacked(token0, token1, stable)));
        VelodromeV2Pool(pool).initialize(token0, token1, stable);
        getPool[token0][token1][stable] = pool;
        getPool[token1][token0][stable] = pool;
        allPools.push(pool);
        isPool[pool] = true;
        emit PoolCreated(token0, token1, stable, pool, allPools.length);
    }

    function setPauser(address newPauser) external {
        if (msg.sender != pauser) revert NotPauser();
        if (newPauser == address(0)) revert ZeroAddress();
        pauser = newPauser;
        emit SetPauser(newPauser);
    }

    function setPauseState(bool state) external {
        if (msg.sender != pauser) revert NotPauser();
        isPaused = state;
        emit SetPauseState(state);
    }

    function setFeeManager(address newFeeManager) external {
        if (msg.sender != feeManager) revert NotFeeManager();
        if (newFeeManager == address(0)) revert ZeroAddress();
        feeManager = newFeeManager;
        emit SetFeeManager(newFeeManager);
    }

    /// @notice Sets the default fee of stable or of volatile pools, in 1/10000. It has no event.
    function setFee(bool stable, uint256 fee) external {
        if (msg.sender != feeManager) revert NotFeeManager();
        if (fee > MAX_FEE) revert FeeTooHigh();
        if (fee == 0) revert ZeroFee();
        if (stable) stableFee = fee;
        else volatileFee = fee;
    }

    /// @notice Sets the fee of one pool, in 1/10000.
    function setCustomFee(address pool, uint256 fee) external {
        if (msg.sender != feeManager) revert NotFeeManager();
        if (fee > MAX_FEE && fee != ZERO_FEE_INDICATOR) revert FeeTooHigh();
        if (!isPool[pool]) revert InvalidPool();
        customFee[pool] = fee;
        emit SetCustomFee(pool, fee);
    }

    function allPoolsLength() external view returns (uint256) {
        return allPools.length;
    }

    function getFee(address pool, bool stable) external view returns (uint256) {
        uint256 fee = customFee[pool];
        if (fee == ZERO_FEE_INDICATOR) return 0;
        if (fee != 0) return fee;
        return stable ? stableFee : volatileFee;
    }
}
