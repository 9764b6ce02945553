// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { DodoMath } from "./DodoMath.sol";
import { DodoPool } from "./DodoPool.sol";

/// @notice Receives what selling shares paid, with the seller's data.
interface IDodoShareSeller {
    function DVMSellShareCall(
        address sender,
        uint256 burnShareAmount,
        uint256 baseAmount,
        uint256 quoteAmount,
        bytes calldata data
    ) external;
}

/// @title DodoShares
/// @notice The public pools of DODO: anyone provides liquidity, and shares in the pool are an ERC-20 token.
/// @dev Twin of the shared parts of DODOEX/contractV2 `DODO{VendingMachine,StablePool}/impl/{…Vault,…Funding}.sol`.
///
/// Reproduces: buying shares with what exceeds the reserves, selling them for a share of the balances, the first 1001
/// shares locked at address 0, permits, the strings `NO_BASE_INPUT`, `MINT_AMOUNT_NOT_ENOUGH`, `TIME_EXPIRED`,
/// `DLP_NOT_ENOUGH`, `SELL_BACK_NOT_ALLOWED`, `WITHDRAW_NOT_ENOUGH`, `BALANCE_NOT_ENOUGH`, `ALLOWANCE_NOT_ENOUGH`,
/// `BASE_QUOTE_CAN_NOT_BE_SAME`, no data for `i` or `k` out of range, events.
///
/// Leaves out: `addressToShortString` as a public function.
abstract contract DodoShares is DodoPool {
    bytes32 public constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );

    string public symbol;
    uint8 public decimals;
    string public name;
    uint256 public totalSupply;
    mapping(address owner => uint256 shares) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;
    bytes32 public DOMAIN_SEPARATOR;
    mapping(address owner => uint256 nonce) public nonces;
    bool private _initialized;

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);
    event Mint(address indexed user, uint256 value);
    event Burn(address indexed user, uint256 value);
    event BuyShares(address to, uint256 increaseShares, uint256 totalShares);
    event SellShares(address payer, address to, uint256 decreaseShares, uint256 totalShares);

    function init(
        address maintainer,
        address baseToken,
        address quoteToken,
        uint256 lpFeeRate,
        address mtFeeRateModel,
        uint256 i,
        uint256 k,
        bool isOpenTwap
    ) external {
        require(!_initialized, _words().initialized);
        _initialized = true;
        require(baseToken != quoteToken, "BASE_QUOTE_CAN_NOT_BE_SAME");
        _BASE_TOKEN_ = baseToken;
        _QUOTE_TOKEN_ = quoteToken;
        require(i > 0 && i <= DodoMath.ONE_SQUARED);
        _I_ = i;
        require(k <= DodoMath.ONE);
        _K_ = k;
        _LP_FEE_RATE_ = lpFeeRate;
        _MT_FEE_RATE_MODEL_ = mtFeeRateModel;
        _MAINTAINER_ = maintainer;
        _openTwap(isOpenTwap);

        name = string.concat("DLP_", _firstHexDigits(address(this)));
        symbol = "DLP";
        decimals = IERC20Metadata(baseToken).decimals();
        DOMAIN_SEPARATOR = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                address(this)
            )
        );
    }

    /// @notice Makes the balances the reserves.
    function sync() external preventReentrant {
        _sync();
    }

    /* LIQUIDITY */

    /// @notice Mints shares for what exceeds the reserves.
    function buyShares(
        address to
    ) external preventReentrant returns (uint256 shares, uint256 baseInput, uint256 quoteInput) {
        uint256 baseBalance = _balance(_BASE_TOKEN_);
        uint256 quoteBalance = _balance(_QUOTE_TOKEN_);
        baseInput = DodoMath.sub(baseBalance, _BASE_RESERVE_);
        quoteInput = DodoMath.sub(quoteBalance, _QUOTE_RESERVE_);
        require(baseInput > 0, "NO_BASE_INPUT");

        if (totalSupply == 0) {
            shares = _firstShares(baseBalance, quoteBalance);
            _mint(address(0), 1001);
            shares -= 1001;
        } else {
            shares = _furtherShares(baseInput, quoteInput);
        }
        _mint(to, shares);
        _setReserve(baseBalance, quoteBalance);
        emit BuyShares(to, shares, balanceOf[to]);
    }

    /// @notice Burns shares for their part of the balances.
    function sellShares(
        uint256 shareAmount,
        address to,
        uint256 baseMinAmount,
        uint256 quoteMinAmount,
        bytes calldata data,
        uint256 deadline
    ) external preventReentrant returns (uint256 baseAmount, uint256 quoteAmount) {
        require(deadline >= block.timestamp, "TIME_EXPIRED");
        require(shareAmount <= balanceOf[msg.sender], "DLP_NOT_ENOUGH");
        require(to != address(this), "SELL_BACK_NOT_ALLOWED");
        uint256 totalShares = totalSupply;
        baseAmount = DodoMath.div(DodoMath.mul(_balance(_BASE_TOKEN_), shareAmount), totalShares);
        quoteAmount = DodoMath.div(DodoMath.mul(_balance(_QUOTE_TOKEN_), shareAmount), totalShares);
        _shrinkTargets(shareAmount, totalShares);
        require(baseAmount >= baseMinAmount && quoteAmount >= quoteMinAmount, "WITHDRAW_NOT_ENOUGH");

        balanceOf[msg.sender] = DodoMath.sub(balanceOf[msg.sender], shareAmount);
        totalSupply = DodoMath.sub(totalSupply, shareAmount);
        emit Burn(msg.sender, shareAmount);
        emit Transfer(msg.sender, address(0), shareAmount);
        _pay(_BASE_TOKEN_, to, baseAmount);
        _pay(_QUOTE_TOKEN_, to, quoteAmount);
        _sync();
        if (data.length > 0) {
            IDodoShareSeller(to).DVMSellShareCall(msg.sender, shareAmount, baseAmount, quoteAmount, data);
        }
        emit SellShares(msg.sender, to, shareAmount, balanceOf[msg.sender]);
    }

    /* SHARES */

    function transfer(address to, uint256 amount) external returns (bool) {
        require(amount <= balanceOf[msg.sender], "BALANCE_NOT_ENOUGH");
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        require(amount <= balanceOf[from], "BALANCE_NOT_ENOUGH");
        require(amount <= allowance[from][msg.sender], "ALLOWANCE_NOT_ENOUGH");
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
        return true;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        _approve(msg.sender, spender, amount);
        return true;
    }

    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        require(deadline >= block.timestamp, _words().expired);
        bytes32 content = keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, nonces[owner]++, deadline));
        address signer = ecrecover(keccak256(abi.encodePacked("\x19\x01", DOMAIN_SEPARATOR, content)), v, r, s);
        require(signer != address(0) && signer == owner, _words().invalidSignature);
        _approve(owner, spender, value);
    }

    /* DIFFERENCES BETWEEN THE POOLS */

    /// @dev The strings in which the pools differ.
    struct Words {
        string initialized;
        string mintTooLittle;
        string expired;
        string invalidSignature;
    }

    function _words() internal pure virtual returns (Words memory);

    function _firstShares(uint256 baseBalance, uint256 quoteBalance) internal virtual returns (uint256 shares);

    function _furtherShares(uint256 baseInput, uint256 quoteInput) internal virtual returns (uint256 shares);

    function _shrinkTargets(uint256 shareAmount, uint256 totalShares) internal virtual;

    /// @dev The smaller of the two inputs relative to its reserve, with 18 decimals, rounded down.
    function _mintRatio(uint256 baseInput, uint256 quoteInput) internal view returns (uint256) {
        uint256 baseRatio = DodoMath.divWadDown(baseInput, _BASE_RESERVE_);
        uint256 quoteRatio = DodoMath.divWadDown(quoteInput, _QUOTE_RESERVE_);
        return quoteRatio < baseRatio ? quoteRatio : baseRatio;
    }

    function _mint(address to, uint256 amount) private {
        require(amount > 1000, _words().mintTooLittle);
        balanceOf[to] = DodoMath.add(balanceOf[to], amount);
        totalSupply = DodoMath.add(totalSupply, amount);
        emit Mint(to, amount);
        emit Transfer(address(0), to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] = DodoMath.add(balanceOf[to], amount);
        emit Transfer(from, to, amount);
    }

    function _approve(address owner, address spender, uint256 amount) private {
        allowance[owner][spender] = amount;
        emit Approval(owner, spender, amount);
    }

    function _firstHexDigits(address account) private pure returns (string memory) {
        bytes memory digits = new bytes(8);
        for (uint256 n = 0; n < 8; n++) {
            uint256 digit = (uint160(account) >> (156 - 4 * n)) & 0xf;
            digits[n] = bytes16("0123456789abcdef")[digit];
        }
        return string(digits);
    }
}
